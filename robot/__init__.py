"""The body and its nervous system: node plumbing, site, journal, navigation, alarms, bridge."""
