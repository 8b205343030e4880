"""Eyes: pose, tracks, posture and falls from colour and depth pictures."""
