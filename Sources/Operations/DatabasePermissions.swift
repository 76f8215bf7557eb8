package import Postgres

/// Looks at what the database's role may do: everything that the gateway needs, and no more.
package struct DatabasePermissions: Sendable {
    package let database: any PostgresSession & Sendable

    /// Asks as the role of this connection.
    package init(database: any PostgresSession & Sendable) {
        self.database = database
    }

    /// What the role lacks, and what it should not have. Nothing before the first migration.
    /// - Throws: `PostgresError`.
    package func findings() async throws -> [PermissionFinding] {
        try await lacks() + powers()
    }

    /// The gateway reads and changes every table; of the migrations it only reads which ones were applied.
    private func lacks() async throws -> [PermissionFinding] {
        guard let (schema, role, mayUse) = try await schema() else { return [] }
        guard mayUse else {
            return [
                .problem(
                    "The role \(role) may not use the schema \(schema): GRANT USAGE ON SCHEMA \(schema) TO \(role);")
            ]
        }
        // Tables that an extension brought are not Mien's.
        let rows = try await database.query(
            """
            SELECT format('%s on %s', string_agg(needed.privilege, ', ' ORDER BY needed.place), c.oid::regclass)
            FROM pg_class c
            CROSS JOIN (VALUES (1, 'SELECT'), (2, 'INSERT'), (3, 'UPDATE'), (4, 'DELETE')) AS needed (place, privilege)
            WHERE c.relnamespace = \(schema)::regnamespace AND c.relkind IN ('r', 'p')
              AND (c.relname <> 'schema_migrations' OR needed.privilege = 'SELECT')
              AND NOT has_table_privilege(c.oid, needed.privilege)
              AND NOT EXISTS (SELECT FROM pg_depend d
                              WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
            GROUP BY c.oid ORDER BY c.relname
            """)
        if rows.isEmpty { return [] }
        let missing = try rows.map { try $0.decode(String.self) }.joined(separator: "; ")
        return [
            .problem(
                """
                The role \(role) lacks \(missing). As the tables' owner: \
                GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA \(schema) TO \(role);
                """)
        ]
    }

    /// Where Mien's tables are, quoted as SQL wants it, with the role and whether it gets there. A schema that the role may
    /// not use is in no search path, so that the catalogue is asked.
    private func schema() async throws -> (schema: String, role: String, mayUse: Bool)? {
        try await database.first(
            """
            SELECT quote_ident(n.nspname), quote_ident(current_user), has_schema_privilege(n.oid, 'USAGE')
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relname = 'schema_migrations' AND c.relkind = 'r'
            ORDER BY n.nspname = ANY (current_schemas(false)) DESC, n.nspname LIMIT 1
            """
        )?.decode((String, String, Bool).self)
    }

    /// What somebody who took the gateway over could do beyond Mien's own data.
    private func powers() async throws -> [PermissionFinding] {
        let row = try await database.first(
            """
            SELECT quote_ident(rolname), rolsuper, concat_ws(' ',
                CASE WHEN rolsuper THEN 'NOSUPERUSER' END, CASE WHEN rolcreaterole THEN 'NOCREATEROLE' END,
                CASE WHEN rolcreatedb THEN 'NOCREATEDB' END, CASE WHEN rolreplication THEN 'NOREPLICATION' END,
                CASE WHEN rolbypassrls THEN 'NOBYPASSRLS' END)
            FROM pg_roles WHERE rolname = current_user
            """)
        guard let (role, isSuperuser, revoking) = try row?.decode((String, Bool, String).self) else { return [] }
        var findings: [PermissionFinding] = []
        if !revoking.isEmpty {
            findings.append(
                .warning(
                    """
                    The role \(role) may do more to the server than Mien needs. As another superuser: \
                    ALTER ROLE \(role) \(revoking);
                    """))
        }
        // A superuser is a member of every role.
        let groups = isSuperuser ? [] : try await powerfulGroups()
        if !groups.isEmpty {
            findings.append(
                .warning(
                    """
                    The role \(role) is a member of \(groups.joined(separator: ", ")), which Mien does not need: \
                    REVOKE \(groups.joined(separator: ", ")) FROM \(role);
                    """))
        }
        return findings
    }

    private func powerfulGroups() async throws -> [String] {
        try await database.query(
            """
            SELECT quote_ident(rolname) FROM pg_roles
            WHERE rolname <> current_user AND pg_has_role(oid, 'MEMBER')
              AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls OR rolname IN (
                'pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files', 'pg_write_all_data',
                'pg_read_all_data'))
            ORDER BY rolname
            """
        ).map { try $0.decode(String.self) }
    }
}
