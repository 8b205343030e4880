"""Ears and voice: speech to text, intents, dialogue, text to speech."""
