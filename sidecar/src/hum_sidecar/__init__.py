"""The Python side of hum-helix: speech engines and media decoders behind ZeroMQ."""
