"""Who devices are: certificates, enrolment, revocation, and the configuration of a broker that lets only them in."""
