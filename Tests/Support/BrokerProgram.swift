import Foundation

/// What a ``PrivateBroker`` runs: noida-db, or a node of Apache Kafka where `MIEN_TEST_KAFKA` names a folder with Kafka's
/// jars.
enum BrokerProgram: Sendable {
    /// The program's path.
    case noida(String)
    /// The folder with the jars.
    case apacheKafka(String)

    /// The one that the environment asks for; without a word, what Deploy/setup has installed.
    static func chosen() throws -> BrokerProgram {
        guard let folder = ProcessInfo.processInfo.environment["MIEN_TEST_KAFKA"] else {
            return .noida(try findNoida())
        }
        let jars = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        guard jars.contains(where: { $0.hasPrefix("kafka-clients-") && $0.hasSuffix(".jar") }) else {
            throw ChildProcessError("MIEN_TEST_KAFKA names \(folder), where there are no jars of Kafka")
        }
        return .apacheKafka(folder)
    }

    /// One of the nodes of a broker.
    struct Node: Sendable {
        let port: Int
        let controllerPort: Int
        /// For its settings and its data; no other node's.
        let directory: String

        var data: String { "\(directory)/data" }
    }

    /// How a node is started; prepares what it needs in its directory first.
    ///
    /// - Parameters:
    ///   - index: its place among `nodes`, which are all of the cluster.
    ///   - run: runs a program to its end.
    func command(_ index: Int, of nodes: [Node], run: ([String]) throws -> Void) throws -> [String] {
        let node = nodes[index]
        switch self {
        case .noida(let program):
            guard nodes.count == 1 else {
                throw ChildProcessError("a cluster needs Apache Kafka: Deploy/test --kafka FOLDER")
            }
            return [
                program, "start", "--data-dir", node.data, "--host", "127.0.0.1", "--only", "kafka",
                "--kafka-port", "\(node.port)",
            ]
        case .apacheKafka(let jars):
            let settings = "\(node.directory)/server.properties"
            if !FileManager.default.fileExists(atPath: node.data) {
                try Self.properties(index, nodes).write(toFile: settings, atomically: true, encoding: .utf8)
                try run(
                    Self.java(jars, "kafka.tools.StorageTool")
                        + ["format", "--cluster-id", "TWllbiB0ZXN0cyBLYWZrYQ", "--config", settings])
            }
            return Self.java(jars, "kafka.Kafka") + [settings]
        }
    }

    /// Kafka's own tool that deletes topics, by a regular expression of their names.
    func deletion(of topics: String, at brokers: String) throws -> [String] {
        guard case .apacheKafka(let jars) = self else { throw ChildProcessError("only Apache Kafka has such a tool") }
        return Self.java(jars, "org.apache.kafka.tools.TopicCommand")
            + ["--bootstrap-server", brokers, "--delete", "--topic", topics]
    }

    /// The small compiler starts sooner; a test's node does not live long enough for the other one.
    private static func java(_ jars: String, _ tool: String) -> [String] {
        ["java", "-Xms128m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", "\(jars)/*", tool]
    }

    /// A node that is broker and controller (https://kafka.apache.org/documentation/#brokerconfigs), with the short waits of
    /// Deploy/kafka-cluster.yml.
    private static func properties(_ index: Int, _ nodes: [Node]) -> String {
        let node = nodes[index]
        let copies = nodes.count
        let acknowledged = copies >= 3 ? 2 : 1
        let voters = nodes.enumerated().map { "\($0 + 1)@127.0.0.1:\($1.controllerPort)" }.joined(separator: ",")
        return """
            node.id=\(index + 1)
            process.roles=broker,controller
            listeners=PLAINTEXT://127.0.0.1:\(node.port),CONTROLLER://127.0.0.1:\(node.controllerPort)
            advertised.listeners=PLAINTEXT://127.0.0.1:\(node.port)
            listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
            controller.listener.names=CONTROLLER
            controller.quorum.voters=\(voters)
            default.replication.factor=\(copies)
            min.insync.replicas=\(acknowledged)
            offsets.topic.replication.factor=\(copies)
            offsets.topic.num.partitions=4
            transaction.state.log.replication.factor=\(copies)
            transaction.state.log.min.isr=\(acknowledged)
            group.initial.rebalance.delay.ms=0
            broker.session.timeout.ms=4000
            broker.heartbeat.interval.ms=1000
            auto.create.topics.enable=false
            log.dirs=\(node.data)

            """
    }

    /// Where Deploy/setup puts the newest version.
    private static func findNoida() throws -> String {
        let root = "/usr/local/lib/mien"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        let programs = versions.filter { $0.hasPrefix("noida-db-") }.map { "\(root)/\($0)/noida-db" }
        let usable = programs.filter { FileManager.default.isExecutableFile(atPath: $0) }
        guard let newest = usable.max(by: { $0.compare($1, options: .numeric) == .orderedAscending }) else {
            throw ChildProcessError("no broker under \(root): run Deploy/setup")
        }
        return newest
    }
}
