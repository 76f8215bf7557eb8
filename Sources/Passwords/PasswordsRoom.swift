/// placeholder
public enum PasswordsRoom {}
