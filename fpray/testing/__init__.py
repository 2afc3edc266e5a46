"""Support for tests of protocols and of fpray: the rules of a declaration, and fake machines.

from fpray.testing import ProtocolConformance

class TestMine(ProtocolConformance):
    protocol = MINE
"""

from fpray.testing.conformance import ProtocolConformance

__all__ = ["ProtocolConformance"]
