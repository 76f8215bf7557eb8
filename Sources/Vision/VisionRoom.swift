/// placeholder
public enum VisionRoom {}
