import DarkroomCLI

await Darkroom.main()
