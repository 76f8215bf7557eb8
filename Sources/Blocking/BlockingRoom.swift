/// placeholder
public enum BlockingRoom {}
