import Accounts
import Analyses
import Foundation
import Kafka
import Logging
import Operations
import Postgres
import ServiceLifecycle

extension GatewayConfiguration {
    var postgres: PostgresConfiguration {
        PostgresConfiguration(url: databaseURL, applicationName: "mien-gateway", size: databaseConnections)
    }

    var kafka: KafkaConfiguration {
        KafkaConfiguration(brokers: kafkaBrokers, clientID: "mien-gateway")
    }

    /// How many analyses may be open at once.
    var intakeLimits: IntakeLimits {
        IntakeLimits(maxOpenPerUser: maxOpenPerUser, maxOpen: maxOpen, maxBatch: maxBatchPhotos)
    }

    /// For the results' consumer; its name in the group is this gateway's own.
    var memberKafka: KafkaConfiguration {
        var kafka = kafka
        // It is also how long a group waits for a gateway that hangs before it shares its results out. One that waits
        // for the database for longer leaves, comes back, and reads again what it had not recorded.
        kafka.options["max.poll.interval.ms"] = "30000"
        if staticMembers {
            kafka.options["group.instance.id"] = memberName
        }
        return kafka
    }

    /// What this gateway is called among those that share its work; the same after a restart.
    var memberName: String { "gateway-\(ProcessInfo.processInfo.hostName)-\(internalPort)" }
}

/// Closes Kafka's clients last, when nobody sends any more.
struct KafkaClients: Service {
    let producer: Producer
    let admin: Admin
    let groups: [GroupOffsets]

    func run() async throws {
        // Cancellation ends the waiting as well, and the clients are to be closed all the same.
        try? await gracefulShutdown()
        _ = await producer.close(timeout: .seconds(3))
        await admin.close()
        for group in groups { await group.close() }
    }
}

/// Hands PostgreSQL's notifications to those who wait for them.
struct NotificationDispatcher: Service {
    let listener: Listener
    let changes: AnalysisChanges
    let switches: SiteSwitches
    let wakeRelay: AsyncStream<Void>.Continuation
    let wakeWebhooks: AsyncStream<Void>.Continuation
    let wakeSweeper: AsyncStream<Void>.Continuation
    let logger: Logger

    func run() async throws {
        for await notification in listener.notifications.cancelOnGracefulShutdown() {
            switch notification.kind {
            case .reconnected:
                // What was sent while the connection was away is lost: look at everything.
                await changes.wakeAll()
                wakeRelay.yield()
                wakeWebhooks.yield()
                wakeSweeper.yield()
                await refreshSwitches()
            case .notification where notification.channel == Outbox.channel:
                wakeRelay.yield()
            case .notification where notification.channel == WebhookEvent.channel:
                wakeWebhooks.yield()
            case .notification where notification.channel == AccountStore.leavingChannel:
                wakeSweeper.yield()
            case .notification where notification.channel == SiteSwitches.channel:
                await refreshSwitches()
            case .notification:
                if let id = UUID(uuidString: notification.payload) { await changes.wake(id) }
            }
        }
    }

    private func refreshSwitches() async {
        do {
            try await switches.refresh()
        } catch {
            // The watcher reads them again within seconds.
            logger.warning(
                "The site's switches could not be read", metadata: ["error": "\(String(reflecting: error))"])
        }
    }
}
