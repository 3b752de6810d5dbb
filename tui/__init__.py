"""The live dashboard: a Textual application that attaches to a running sandbox over its control socket.

    app > screens > widgets | feed > present > picture

`feed` talks to the sandbox in threads and only posts messages; `picture` is the frozen value those
messages carry; `present` turns it into text with tones, without any input or output; `widgets` draw what
`present` made and never fetch; a screen puts them together. Of the library it sees `control.client`,
`control.protocol` and the model.
"""
