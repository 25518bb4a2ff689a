"""The serializers, the stored form of payloads, and recorded errors."""
