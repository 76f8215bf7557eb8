/// placeholder
public enum InferenceRoom {}
