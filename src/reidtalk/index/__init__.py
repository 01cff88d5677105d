"""People seen in pictures and video, kept so that a description finds them in milliseconds."""
