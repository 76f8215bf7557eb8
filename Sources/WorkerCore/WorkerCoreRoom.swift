/// placeholder
public enum WorkerCoreRoom {}
