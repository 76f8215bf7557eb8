/// placeholder
public enum PostgresRoom {}
