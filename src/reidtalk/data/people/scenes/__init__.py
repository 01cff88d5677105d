"""Places, cameras and light: what is around a person, and what a sensor makes of it all."""
