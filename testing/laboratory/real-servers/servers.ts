/** A published server that nobody here wrote, as a person would start it, and with what is granted in the sandbox. */
export interface RealServer {
  readonly packageName: string;
  /** Exact: what others publish changes, and with it what is compared. */
  readonly packageVersion: string;
  readonly args?: readonly string[];
  /** Made up: enough to start and to list tools, and no account of anybody. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where the server expects a folder to be, in the sandbox and, under the folder of the run, plainly. */
  readonly folder?: string;
}

const official = (name: string, packageVersion: string, more: Partial<RealServer> = {}): RealServer => ({
  packageName: `@modelcontextprotocol/server-${name}`,
  packageVersion,
  ...more,
});
const other = (
  packageName: string,
  packageVersion: string,
  env: Record<string, string> = {},
  args: readonly string[] = [],
): RealServer => ({ packageName, packageVersion, args, env });

/** Those that list their tools without an account. Of SDK v1 and v2, tmcp, and bundled; with worker threads and native code. */
export const SERVERS: readonly RealServer[] = [
  official('everything', '2026.8.31'),
  official('filesystem', '2026.8.31', { folder: '/data' }),
  official('memory', '2026.8.31'),
  official('sequential-thinking', '2026.8.31'),
  official('github', '2025.4.8'),
  official('gitlab', '2025.4.25', { env: { GITLAB_PERSONAL_ACCESS_TOKEN: 'none' } }),
  official('slack', '2025.4.25', { env: { SLACK_BOT_TOKEN: 'none', SLACK_TEAM_ID: 'none' } }),
  official('google-maps', '0.6.2', { env: { GOOGLE_MAPS_API_KEY: 'none' } }),
  official('brave-search', '0.6.2', { env: { BRAVE_API_KEY: 'none' } }),
  official('postgres', '0.6.2', { args: ['postgresql://127.0.0.1/none'] }),
  official('puppeteer', '2025.5.12'),
  other('@antv/mcp-server-chart', '0.9.10'),
  other('@brave/brave-search-mcp-server', '2.1.4', { BRAVE_API_KEY: 'none' }),
  other('@cyanheads/git-mcp-server', '2.15.3'),
  other('@elastic/mcp-server-elasticsearch', '0.3.1', {
    ES_URL: 'https://es.example.com',
    ES_API_KEY: 'none',
  }),
  other('@eslint/mcp', '0.3.13'),
  other('@kazuph/mcp-fetch', '1.6.3'),
  other('@kazuph/mcp-taskmanager', '1.1.1'),
  other('@kubb/mcp', '5.2.0'),
  other('@notionhq/notion-mcp-server', '2.5.2', { NOTION_TOKEN: 'none' }),
  other('@playwright/mcp', '0.0.83'),
  other('@upstash/context7-mcp', '4.1.1'),
  other('@zereight/mcp-gitlab', '2.1.64', { GITLAB_PERSONAL_ACCESS_TOKEN: 'none' }),
  other('chrome-devtools-mcp', '1.11.0'),
  other('firecrawl-mcp', '3.26.0', { FIRECRAWL_API_KEY: 'none' }),
  other('mcp-hello-world', '1.1.2'),
  other('mongodb-mcp-server', '3.0.4'),
  other('tavily-mcp', '0.2.22', { TAVILY_API_KEY: 'none' }),
];

/** Why a server lists other tools in the sandbox, or none, where somebody has looked. */
export const REASONS: Readonly<Record<string, string>> = {
  'mongodb-mcp-server':
    'four more tools, `atlas-local-…`, where it can speak to the Docker engine of the machine. A sandbox cannot.',
};
