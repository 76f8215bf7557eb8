/// placeholder
public enum ImagingRoom {}
