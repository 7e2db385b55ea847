"""Many repositories, on one machine or a cluster."""
