"""PostgreSQL with TimescaleDB and PostGIS, Mosquitto and a browser, unpacked privately from Debian's packages."""

from somel.embedded.places import Places
from somel.embedded.progress import Progress
from somel.embedded.services import ServerStatus, Services
from somel.embedded.throwaway import throwaway_services
from somel.embedded.tuning import BrokerTuning, ClusterTuning

__all__ = ["BrokerTuning", "ClusterTuning", "Places", "Progress", "ServerStatus", "Services", "throwaway_services"]
