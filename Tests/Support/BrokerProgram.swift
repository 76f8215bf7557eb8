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

    /// How it is started; prepares what it needs in its directory first.
    ///
    /// - Parameter run: runs a program to its end.
    func command(
        port: Int, controllerPort: Int, directory: String, data: String, run: ([String]) throws -> Void
    ) throws -> [String] {
        switch self {
        case .noida(let program):
            return [
                program, "start", "--data-dir", data, "--host", "127.0.0.1", "--only", "kafka",
                "--kafka-port", "\(port)",
            ]
        case .apacheKafka(let jars):
            let settings = "\(directory)/server.properties"
            if !FileManager.default.fileExists(atPath: data) {
                try Self.properties(port, controllerPort, data).write(
                    toFile: settings, atomically: true, encoding: .utf8)
                try run(
                    Self.java(jars, "kafka.tools.StorageTool")
                        + ["format", "--cluster-id", "TWllbiB0ZXN0cyBLYWZrYQ", "--config", settings])
            }
            return Self.java(jars, "kafka.Kafka") + [settings]
        }
    }

    /// The small compiler starts sooner; a test's node does not live long enough for the other one.
    private static func java(_ jars: String, _ tool: String) -> [String] {
        ["java", "-Xms128m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", "\(jars)/*", tool]
    }

    /// A node that is broker and controller, and alone (https://kafka.apache.org/documentation/#brokerconfigs).
    private static func properties(_ port: Int, _ controllerPort: Int, _ data: String) -> String {
        """
        node.id=1
        process.roles=broker,controller
        listeners=PLAINTEXT://127.0.0.1:\(port),CONTROLLER://127.0.0.1:\(controllerPort)
        advertised.listeners=PLAINTEXT://127.0.0.1:\(port)
        listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
        controller.listener.names=CONTROLLER
        controller.quorum.voters=1@127.0.0.1:\(controllerPort)
        offsets.topic.replication.factor=1
        offsets.topic.num.partitions=4
        transaction.state.log.replication.factor=1
        transaction.state.log.min.isr=1
        group.initial.rebalance.delay.ms=0
        auto.create.topics.enable=false
        log.dirs=\(data)

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
