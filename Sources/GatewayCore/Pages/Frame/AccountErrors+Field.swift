import Accounts

extension [AccountError] {
    /// What is wrong with a field.
    func message(_ field: String) -> String? { first { $0.field == field }?.description }
}
