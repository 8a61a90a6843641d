import DarkroomCLI

await Program.start()
