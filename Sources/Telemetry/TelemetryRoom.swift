/// placeholder
public enum TelemetryRoom {}
