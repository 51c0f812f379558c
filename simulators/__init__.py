"""Fleets of gateways, meters and flexible devices that replay measured curves over MQTT."""
