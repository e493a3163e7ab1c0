"""What each command does, one file a command group or large command: read, judge, propose, apply, print."""
