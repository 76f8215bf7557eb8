/// placeholder
public enum SettingsRoom {}
