"""The other end of the pipe to the inference server. No bpy."""
