// A server made of the official TypeScript SDK, one session, JSON answers: peer.mjs PORT FILE. Its one tool answers the bytes of
// FILE, a JSON object, as text and as structuredContent: what tanso answers, without finding it out.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { CallToolRequestSchema } from '@modelcontextprotocol/sdk/types.js';

const [port, file] = process.argv.slice(2);
const text = readFileSync(file, 'utf8');
const structuredContent = JSON.parse(text);
const server = new Server({ name: 'peer', version: '1' }, { capabilities: { tools: {} } });
server.setRequestHandler(CallToolRequestSchema, () => ({ content: [{ type: 'text', text }], structuredContent, isError: false }));
const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: () => 'bench', enableJsonResponse: true });
await server.connect(transport);
createServer((request, response) => transport.handleRequest(request, response)).listen(Number(port), '127.0.0.1');
