"""Property tests on a busy machine: what takes long there is not wrong, so no example has a deadline."""

from hypothesis import HealthCheck, settings

settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")
