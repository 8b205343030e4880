"""What the robot does: the mission arbiter and the care behaviours, as pure state machines behind one node."""
