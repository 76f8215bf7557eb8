import Contracts
import Kafka
import Logging

extension JobProcessor {
    /// Publishes an outcome, however long gateway or broker are away: its pictures go first and by themselves.
    func publish(_ outcome: Outcome, of job: Job, as step: Pulse.Step, _ logger: Logger) async -> Verdict {
        switch outcome {
        case .result(let outcome): return await publish(result: outcome, of: job, as: step, logger)
        case .drawn(let picture):
            let handOver = await handOver(picture?.count ?? 0, as: step, logger) {
                try await gateway.handOver(
                    drawn: picture, of: job.message.analysisID, ticket: job.message.ticket, attempt: job.attempt,
                    trace: job.trace)
            }
            // Whoever waits for a picture asks again.
            if case .over(let verdict) = handOver { return verdict }
            return .settled
        }
    }

    private func publish(
        result outcome: Mien_V1_ResultMessage.OneOf_Outcome, of job: Job, as step: Pulse.Step, _ logger: Logger
    ) async -> Verdict {
        let start = ContinuousClock.now
        var result = checked(job.result(outcome, worker: worker), logger)
        if case .analysis(let analysis)? = result.outcome {
            let pictures = analysis.pictures
            let handOver = await handOver(pictures.byteCount, as: step, logger) {
                try await gateway.handOver(
                    pictures, of: job.message.analysisID, ticket: job.message.ticket, attempt: job.attempt,
                    trace: job.trace)
            }
            switch handOver {
            case .stored:
                result.analysis.removePictures()
                result.fit()
                result = checked(result, logger)
            case .notTaken: break
            case .unfit: result.failure = .ours
            case .over(let verdict): return verdict
            }
        }
        let verdict = await deliver(logger, as: step) { [result] in
            do {
                try await publisher.publish(result, in: job.trace)
            } catch let error as KafkaError where error.code == .messageTooLarge {
                logger.error("Result too large for the broker", metadata: ["error": "\(error)"])
                var small = result
                small.failure = .ours
                try await publisher.publish(small, in: job.trace)
            }
        }
        if verdict == .settled {
            tally.count("publish", .now - start)
            tally.count("total", job.age)
        }
        return verdict
    }

    /// The result, or a failure in its place when it is outside the contract: published as it is, the gateway would set it
    /// aside and the photo would be tried again for nothing.
    private func checked(_ result: ResultMessage, _ logger: Logger) -> ResultMessage {
        do throws(ContractError) {
            _ = try result.encode()
            return result
        } catch {
            logger.error("Result outside the contract", metadata: ["error": "\(error.debugDescription)"])
            var failed = result
            failed.failure = .ours
            return failed
        }
    }
}
