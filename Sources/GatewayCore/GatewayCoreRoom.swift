/// placeholder
public enum GatewayCoreRoom {}
