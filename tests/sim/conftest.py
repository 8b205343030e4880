"""The home that comes with Anban, in which most tests of the simulation take place."""
import pytest

from robot.resources import resource
from robot.site import load_site


@pytest.fixture(scope="module")
def site():
    return load_site(resource("config/home.yaml"))
