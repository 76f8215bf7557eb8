/// Tells every gateway that an analysis has changed, when the transaction commits; `AnalysisLifecycle` sends it.
enum AnalysisNotice {
    /// The NOTIFY channel; the payload is the analysis's id.
    static let channel = "mien_analysis"
}
