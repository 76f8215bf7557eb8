import Accounts
import Reports

/// How the account stands with the provider.
struct ConnectionModel: Sendable {
    /// The forms before which something is asked for again.
    enum Form: String, Sendable { case connect, disconnect }

    /// What people call the provider.
    let name: String
    let isConnected: Bool
    let since: Moment?
    /// Whether the account opens without it.
    let mayDisconnect: Bool
    /// Whether the question is open because it was answered wrongly.
    let isOpen: Bool
    let asks: AskAgainModel

    init(
        name: String, _ identity: ConnectedIdentity?, asked: AskedAgain, mayDisconnect: Bool, refused: Form? = nil,
        errors: [AccountError] = []
    ) {
        self.name = name
        isConnected = identity != nil
        since = identity.map { Moment($0.connectedAt) }
        self.mayDisconnect = mayDisconnect
        isOpen = refused == .disconnect
        asks = AskAgainModel(
            (identity == nil ? Form.connect : .disconnect).rawValue, asked, errors: refused == nil ? [] : errors)
    }
}

/// The page that leads on to the provider.
struct LeadOnModel: Sendable {
    let site: Site
    let name: String
    let address: String
}
