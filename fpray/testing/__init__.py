"""What tests of protocols and of fpray itself are made of: the rules of a declaration, and machines that are fakes.

from fpray.testing import ProtocolConformance

class TestMine(ProtocolConformance):
    protocol = MINE
"""

from fpray.testing.conformance import ProtocolConformance

__all__ = ["ProtocolConformance"]
