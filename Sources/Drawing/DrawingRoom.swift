/// placeholder
public enum DrawingRoom {}
