"""The process beside the driver that is connected to Ray: whatever Ray does to it, the driver lives on."""
