"""Pictures, video and cameras in, people out: decoded, detected, followed, their best crops kept."""
