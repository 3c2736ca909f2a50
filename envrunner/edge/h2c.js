// Says in front of a connection whose it is and which port it reached: version 1 of the PROXY protocol. Then the bytes pass by
// themselves. The destination's address is nobody's matter: the caller's stands there again.

function tell(s) {
    s.on('upstream', (data, flags) => {
        const variables = s.variables, address = variables.remote_addr, port = /([0-9]+)\.h2$/.exec(variables.server_addr)[1];
        const line = ['PROXY', address.includes(':') ? 'TCP6' : 'TCP4', address, address, variables.remote_port, port].join(' ');
        s.send(Buffer.concat([Buffer.from(line + '\r\n'), data]), flags);
        s.off('upstream');
    });
}

export default {tell};
