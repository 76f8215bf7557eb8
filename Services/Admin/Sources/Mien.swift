// mien: what an operator does from the command line.

import ArgumentParser
import Kafka

@main
struct Mien: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mien", abstract: "Recognises facial emotion in photos, and looks after an installation of Mien.",
        version: "mien with \(KafkaLibrary.description)",
        subcommands: [
            Bench.self, Classify.self, Evaluate.self, Export.self, Migrate.self, Models.self, Doctor.self,
            UserCommand.self,
            TokenCommand.self,
        ])
}
