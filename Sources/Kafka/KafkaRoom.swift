/// placeholder
public enum KafkaRoom {}
