/// placeholder
public enum ContractsRoom {}
