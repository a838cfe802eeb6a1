"""The server's listening side: sockets, sessions, connections, who is authorized. No plugin carries it."""
