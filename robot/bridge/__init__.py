"""The bridge: room sensors in (MQTT), alarms and readings out to the care platform (HTTP), commands back."""
