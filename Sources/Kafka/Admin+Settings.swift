import CRdKafka

extension Admin {
    /// What is set on topics themselves, and so differs from the broker's own settings.
    ///
    /// - Returns: for each topic that is there, names and values.
    /// - Throws: ``KafkaError``; some brokers that only speak Kafka's protocol answer no such question.
    public func settings(
        of topics: [String], timeout: Duration = .seconds(10)
    ) throws -> [String: [String: String]] {
        var resources = topics.map { rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, $0) }
        defer { for resource in resources { rd_kafka_ConfigResource_destroy(resource) } }
        return try perform(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, timeout) { client, options, queue in
            rd_kafka_DescribeConfigs(client, &resources, resources.count, options, queue)
        } reading: { event in
            var count = 0
            let answers = rd_kafka_DescribeConfigs_result_resources(
                rd_kafka_event_DescribeConfigs_result(event), &count)
            var settings: [String: [String: String]] = [:]
            for index in 0..<count {
                guard let resource = answers?[index] else { continue }
                let error = rd_kafka_ConfigResource_error(resource)
                if error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART { continue }
                guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(error) }
                settings[String(cString: rd_kafka_ConfigResource_name(resource))] = Self.own(resource)
            }
            return settings
        }
    }

    /// Sets a topic's own settings, in place of all that it has now.
    ///
    /// - Throws: ``KafkaError``.
    public func set(
        _ settings: [String: String], on topic: String, timeout: Duration = .seconds(10)
    ) throws {
        var resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic)
        defer { rd_kafka_ConfigResource_destroy(resource) }
        // Only fails for a missing name.
        for (name, value) in settings { rd_kafka_ConfigResource_set_config(resource, name, value) }
        try perform(RD_KAFKA_ADMIN_OP_ALTERCONFIGS, timeout) { client, options, queue in
            rd_kafka_AlterConfigs(client, &resource, 1, options, queue)
        } reading: { event in
            var count = 0
            let answers = rd_kafka_AlterConfigs_result_resources(rd_kafka_event_AlterConfigs_result(event), &count)
            guard count == 1, let answer = answers?[0] else { throw KafkaError(RD_KAFKA_RESP_ERR__BAD_MSG) }
            let error = rd_kafka_ConfigResource_error(answer)
            guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
                let reason = rd_kafka_ConfigResource_error_string(answer).map { String(cString: $0) }
                throw KafkaError(error, reason: reason)
            }
        }
    }

    private static func own(_ resource: OpaquePointer) -> [String: String] {
        var count = 0
        let entries = rd_kafka_ConfigResource_configs(resource, &count)
        return (0..<count).reduce(into: [:]) { own, index in
            guard let entry = entries?[index], let value = rd_kafka_ConfigEntry_value(entry),
                rd_kafka_ConfigEntry_source(entry) == RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG
            else { return }
            own[String(cString: rd_kafka_ConfigEntry_name(entry))] = String(cString: value)
        }
    }
}
