"""The simulated world: physics, rendering, residents, sound and room sensors."""
