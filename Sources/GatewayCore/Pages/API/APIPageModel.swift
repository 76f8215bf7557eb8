import Foundation

/// The page about the API, made from the document that describes it to programs.
struct APIPageModel: Sendable {
    struct Example: Sendable {
        let language: String
        let code: String
    }
    /// A parameter or field: its name, what it takes, and what it is for.
    struct Item: Sendable {
        let name: String
        let text: String
    }
    struct Operation: Sendable {
        let id: String
        let method: String
        let path: String
        let summary: String
        let description: String?
        /// What a token needs for it; nil when any will do.
        let scope: String?
        /// What it needs besides.
        let andScope: String?
        /// Whether it needs no token.
        let isOpen: Bool
        let parameters: [Item]
        let hasParameters: Bool
        let fields: [Item]
        let hasFields: Bool
        let answers: [Item]
    }
    struct Group: Sendable {
        let id: String
        let name: String
        let operations: [Operation]
    }

    let site: Site
    let lead: String
    let document: String
    let examples: [Example]
    /// What any operation may answer; said once, and not of each.
    let everywhere: [Item]
    let groups: [Group]

    /// - Parameters:
    ///   - document: the text of `openapi.json`.
    ///   - address: the site's, which the examples begin with.
    /// - Throws: `DecodingError` when the document is not such a one.
    init(site: Site, document: Data, address: String) throws {
        // Backticks are for tools that read Markdown.
        let text = String(decoding: document, as: UTF8.self).replacing("`", with: "")
        let api = try JSONDecoder().decode(OpenAPI.self, from: Data(text.utf8))
        self.site = site
        self.document = address + APIRoutes.prefix + "/openapi.json"
        lead = api.info.description
        everywhere = api.everywhere
        examples = api.examples.map {
            Example(language: $0.language, code: $0.code.replacing("{SITE}", with: address))
        }
        groups = api.tags.map { tag in
            // Links to it stay right when others come before it. Operations have no such ids: theirs have capitals.
            Group(
                id: tag.name.lowercased().replacing(" ", with: "-"), name: tag.name,
                operations: api.operations(of: tag.name))
        }
    }
}

/// What the page reads of an OpenAPI document.
private struct OpenAPI: Decodable {
    struct Info: Decodable {
        let description: String
    }
    struct Tag: Decodable {
        let name: String
    }
    struct Example: Decodable {
        let language: String
        let code: String
    }
    struct Path: Decodable {
        let get: Operation?
        let post: Operation?
        let put: Operation?
        let patch: Operation?
        let delete: Operation?
    }
    struct Operation: Decodable {
        let operationId: String
        let tags: [String]
        let summary: String
        let description: String?
        let scope: String?
        let security: [[String: [String]]]?
        let parameters: [Parameter]?
        let requestBody: Body?
        let responses: [String: Answer]

        enum CodingKeys: String, CodingKey {
            case operationId, tags, summary, description, security, parameters, requestBody, responses
            case scope = "x-scope"
        }
    }
    struct Parameter: Decodable {
        let name: String
        let description: String?
        let schema: Schema
    }
    struct Body: Decodable {
        let content: [String: Media]
    }
    struct Media: Decodable {
        let schema: Schema
    }
    struct Schema: Decodable {
        let description: String?
        let `enum`: [String?]?
        let properties: [String: Schema]?
        let required: [String]?

        /// What it takes, in a sentence or two.
        var words: String {
            let choice = self.enum.map { "One of: \($0.compactMap(\.self).joined(separator: ", "))." }
            return [description, choice].compactMap(\.self).joined(separator: " ")
        }
    }
    struct Answer: Decodable {
        let description: String?
        let reference: String?

        enum CodingKeys: String, CodingKey {
            case description
            case reference = "$ref"
        }
    }
    struct Components: Decodable {
        let responses: [String: Answer]
    }

    let info: Info
    let tags: [Tag]
    let examples: [Example]
    let paths: [String: Path]
    let components: Components

    enum CodingKeys: String, CodingKey {
        case info, tags, paths, components
        case examples = "x-examples"
    }

    func operations(of tag: String) -> [APIPageModel.Operation] {
        paths.sorted { $0.key < $1.key }.flatMap { path, operations in
            let all = [
                ("POST", operations.post), ("GET", operations.get), ("PUT", operations.put),
                ("PATCH", operations.patch), ("DELETE", operations.delete),
            ]
            return all.compactMap { method, operation in
                operation.flatMap { $0.tags.contains(tag) ? model(method, path, $0) : nil }
            }
        }
    }

    private func model(_ method: String, _ path: String, _ operation: Operation) -> APIPageModel.Operation {
        let parameters = (operation.parameters ?? []).map {
            APIPageModel.Item(name: $0.name, text: [$0.description ?? "", $0.schema.words].joined(separator: " "))
        }
        // The form and the JSON have the same fields but for the photos.
        let fields = operation.requestBody?.content.sorted { $0.key < $1.key }.flatMap { type, media in
            (media.schema.properties ?? [:]).sorted { $0.key < $1.key }.map { name, schema in (type, name, schema) }
        }
        var seen: Set<String> = []
        let items = (fields ?? []).filter { seen.insert($0.1).inserted }.map { type, name, schema in
            APIPageModel.Item(
                name: name, text: [schema.words, name.hasPrefix("photo") ? "In \(type)." : ""].joined(separator: " "))
        }
        let common = everywhere.map(\.name)
        let scopes = (operation.scope ?? "").split(separator: " ").map(String.init)
        let answers = operation.responses.filter { !common.contains($0.key) || $0.value.reference == nil }
            .sorted { $0.key < $1.key }.map { APIPageModel.Item(name: $0.key, text: description(of: $0.value)) }
        return APIPageModel.Operation(
            id: operation.operationId, method: method, path: APIRoutes.prefix + path, summary: operation.summary,
            description: operation.description, scope: scopes.first,
            andScope: scopes.dropFirst().first, isOpen: operation.security?.isEmpty == true,
            parameters: parameters, hasParameters: !parameters.isEmpty, fields: items, hasFields: !items.isEmpty,
            answers: answers)
    }

    /// The answers that every operation describes, as the components have them.
    var everywhere: [APIPageModel.Item] {
        let all = paths.values.flatMap { [$0.get, $0.post, $0.put, $0.patch, $0.delete].compactMap(\.self) }
        let common = (all.first?.responses ?? [:]).filter { code, answer in
            answer.reference != nil && all.allSatisfy { $0.responses[code] != nil }
        }
        return common.sorted { $0.key < $1.key }.map {
            APIPageModel.Item(name: $0.key, text: description(of: $0.value))
        }
    }

    private func description(of answer: Answer) -> String {
        let shared = answer.reference.flatMap { $0.split(separator: "/").last }.flatMap {
            components.responses[String($0)]
        }
        return answer.description ?? shared?.description ?? ""
    }
}
