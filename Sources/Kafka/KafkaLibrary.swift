import CRdKafka

/// The librdkafka that this process has loaded: Deploy/setup's newest, or the system's where that is missing.
public enum KafkaLibrary {
    /// Its name and version, such as `librdkafka 2.16.0`.
    public static var description: String { "librdkafka \(String(cString: rd_kafka_version_str()))" }
}
